use std::{io::{Read, Result, Write}, net::TcpStream};

/// A publish is one HTTP request, so the standard library is enough.
fn publish(topic: &str, text: &str) -> Result<String> {
    let mut server = TcpStream::connect("127.0.0.1:3000")?;
    write!(server, "POST /topics/{topic} HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n")?;
    write!(server, "Content-Type: text/plain\r\nConnection: close\r\n")?;
    write!(server, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    let mut response = String::new();
    server.read_to_string(&mut response)?;
    Ok(response)
}
