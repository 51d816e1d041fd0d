fn whose(part: Part) -> String {
    match part {
        Part::Alone => "this tab has its own connection".to_owned(),
        Part::Leads(others) => format!("this tab has it and shares it with {others} more"),
        Part::Follows => "another tab has it and forwards the events".to_owned(),
    }
}
