fn whose(role: Role) -> String {
    match role {
        Role::Alone => "this tab has a connection for itself".to_owned(),
        Role::Leader { followers } => format!("this tab has it, for {followers} more"),
        Role::Follower => "another tab has it, and passes everything on".to_owned(),
    }
}
