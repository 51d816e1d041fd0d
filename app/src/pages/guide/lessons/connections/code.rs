fn whose(role: Role) -> String {
    match role {
        Role::Alone => "this tab has its own connection".to_owned(),
        Role::Leader { followers } => format!("this tab has it and shares it with {followers} more"),
        Role::Follower => "another tab has it and forwards the events".to_owned(),
    }
}
