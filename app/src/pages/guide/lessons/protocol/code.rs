/// Decodes a chunk. It may end in the middle of a line; the decoder keeps
/// the rest until the next chunk.
fn read(decoder: &mut sse::Decoder, chunk: &[u8]) -> Vec<String> {
    let mut data = Vec::new();
    let outcome = decoder.push(chunk, |message| data.push(message.data));
    if let Err(error) = outcome {
        eprintln!("{error}");
    }
    data
}

/// Encodes an event as it is sent.
fn write(event: &Event) -> String {
    event.to_sse(Framing::Named)
}
