fn whose(part: Part) -> String {
    match part {
        Part::Alone => "this tab has a connection for itself".to_owned(),
        Part::Leads(others) => format!("this tab has it, for {others} more"),
        Part::Follows => "another tab has it, and passes everything on".to_owned(),
    }
}
