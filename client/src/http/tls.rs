//! TLS for https URLs, with the certificates that this machine trusts.

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use url::Url;

use crate::error::CommandError;

/// The TLS configuration for a server at `url`. Only https loads this machine's certificates
/// (`SSL_CERT_FILE` replaces them), so that http works on a machine without any.
///
/// # Errors
/// If the URL is https and the machine has no trusted certificates, or TLS cannot be set up.
pub(super) fn config(url: &Url) -> Result<ClientConfig, CommandError> {
    let mut roots = RootCertStore::empty();
    if url.scheme() == "https" {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(CommandError::Failed(
                "this machine has no trusted certificates; set SSL_CERT_FILE to a file of certificates"
                    .to_owned(),
            ));
        }
    }
    let config = ClientConfig::builder_with_provider(ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| CommandError::Failed(format!("cannot set up TLS: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
