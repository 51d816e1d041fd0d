//! The `OpenAPI` description of the HTTP API, generated from the handlers.
//!
//! Each handler has its own description beside its code. [`crate::router`] adds the handler as a
//! route and its description in one step, so neither can be missing. This module has what all
//! descriptions share.

pub(crate) mod page;
pub(crate) mod schemas;

use std::sync::OnceLock;

use pulseboard_contract::api::ProblemDocument;
use utoipa::{
    OpenApi,
    openapi::{
        self, Content, Ref, RefOr, Response,
        path::{HttpMethod, Operation, Parameter, PathItem},
        schema::{Schema, SchemaType, Type},
    },
};

/// The description of all routes. It is the same for all servers of a process.
static DOCUMENT: OnceLock<openapi::OpenApi> = OnceLock::new();

/// Stores the description of all routes, which only the router knows.
pub(crate) fn set_document(of_routes: openapi::OpenApi) {
    DOCUMENT.get_or_init(|| finished(of_routes));
}

/// The description of all routes; `None` before there is a router.
pub(crate) fn document() -> Option<&'static openapi::OpenApi> {
    DOCUMENT.get()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Pulseboard",
        description = "A live event board: publish with one POST, see it in every open browser, replay what was missed."
    ),
    servers((url = "/")),
    tags(
        (name = "publish", description = "Publish events"),
        (name = "listen", description = "Receive events live"),
        (name = "read", description = "Read stored events"),
        (name = "operate", description = "Operate the server")
    ),
    components(schemas(schemas::Event, schemas::NewEvent, ProblemDocument))
)]
struct Common;

/// The description without any routes.
pub(crate) fn common() -> openapi::OpenApi {
    Common::openapi()
}

fn finished(mut document: openapi::OpenApi) -> openapi::OpenApi {
    // axum marks a parameter that matches the rest of the path with a star, which OpenAPI does not
    // know.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    // Without a license the library writes one without a name.
    document.info.license = None;
    if let Some(components) = &mut document.components {
        components.schemas.values_mut().for_each(without_example);
    }
    for item in document.paths.paths.values_mut() {
        for operation in operations_mut(item) {
            let problem = RefOr::T(problem());
            operation
                .responses
                .responses
                .entry("default".to_owned())
                .or_insert(problem);
            operation
                .parameters
                .iter_mut()
                .flatten()
                .for_each(without_null);
        }
    }
    document
}

/// Cuts the Rust example off a description that comes from a doc comment.
fn without_example(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema
        && let Some(description) = &mut object.description
        && let Some(example) = description.find("```")
    {
        description.truncate(example);
        description.truncate(description.trim_end().len());
    }
}

/// Removes `null` from the types of a parameter. The library adds it to every optional parameter,
/// but a query or a header cannot carry it.
fn without_null(parameter: &mut RefOr<Parameter>) {
    if let RefOr::T(Parameter {
        schema: Some(RefOr::T(schema)),
        ..
    }) = parameter
    {
        let kind = match schema {
            Schema::Object(object) => &mut object.schema_type,
            Schema::Array(array) => &mut array.schema_type,
            _ => return,
        };
        if let SchemaType::Array(types) = kind
            && let Some(only) = types.iter().find(|only| **only != Type::Null)
        {
            *kind = SchemaType::Type(only.clone());
        }
    }
}

/// The response of every operation to an error.
fn problem() -> Response {
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    let mut response = Response::new("An error, as a problem document (RFC 9457)");
    response
        .content
        .insert("application/problem+json".to_owned(), RefOr::T(content));
    response
}

/// The operations of a path with their methods.
pub(crate) fn operations(item: &PathItem) -> impl Iterator<Item = (HttpMethod, &Operation)> {
    let all = [
        (HttpMethod::Get, item.get.as_ref()),
        (HttpMethod::Post, item.post.as_ref()),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation?)))
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [item.get.as_mut(), item.post.as_mut()]
        .into_iter()
        .flatten()
}

/// The extension of an operation that contains an example for the shell.
pub(crate) const EXAMPLE: &str = "x-example";

/// The example of an operation.
pub(crate) fn example(operation: &Operation) -> Option<&str> {
    operation.extensions.as_ref()?.get(EXAMPLE)?.as_str()
}
