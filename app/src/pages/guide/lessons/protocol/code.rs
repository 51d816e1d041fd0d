/// Reads what has come. Chunks end anywhere, also amid a line; the decoder
/// keeps the rest for the next one.
fn read(decoder: &mut sse::Decoder, chunk: &[u8]) -> Vec<String> {
    let mut said = Vec::new();
    let outcome = decoder.push(chunk, |message| said.push(message.data));
    if let Err(error) = outcome {
        eprintln!("{error}");
    }
    said
}

/// Writes an event as it goes over the wire.
fn write(event: &Event) -> String {
    event.to_sse(Framing::Named)
}
