//! The description of the HTTP interface, made from the handlers themselves.
//!
//! Each handler says beside its code what it takes and answers; [`crate::router`] adds it as a
//! route and as a description in one step, so there is none without the other. Here is only what
//! they have in common.

pub(crate) mod page;
pub(crate) mod schemas;

use std::sync::LazyLock;

use pulseboard_contract::api::ProblemDocument;
use utoipa::{
    OpenApi,
    openapi::{
        self, Content, Ref, RefOr, Response,
        path::{HttpMethod, Operation, Parameter, PathItem},
        schema::{Schema, SchemaType, Type},
    },
};

use crate::router;

/// The description. It says nothing of one server in particular, so there is one for all.
pub(crate) static DOCUMENT: LazyLock<openapi::OpenApi> =
    LazyLock::new(|| finished(router::described().into_openapi()));

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Pulseboard",
        description = "A live event board: publish with one POST, see it in every open browser, replay what was missed."
    ),
    servers((url = "/")),
    tags(
        (name = "publish", description = "Events in"),
        (name = "listen", description = "Events out, as they happen"),
        (name = "read", description = "What is stored"),
        (name = "operate", description = "For who runs the server")
    ),
    components(schemas(schemas::Event, schemas::NewEvent, ProblemDocument))
)]
struct Common;

/// The description before there are any routes.
pub(crate) fn common() -> openapi::OpenApi {
    Common::openapi()
}

fn finished(mut document: openapi::OpenApi) -> openapi::OpenApi {
    // The router marks a parameter that takes the rest of the path with a star; OpenAPI has no such
    // thing.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
    // Where none is given the library writes one without a name.
    document.info.license = None;
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

/// What may be left out is described like a value that may be null; but there is no null in a query
/// or a header.
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

/// What every operation may answer instead.
fn problem() -> Response {
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    let mut response = Response::new("Anything that went wrong, as a problem document (RFC 9457)");
    response
        .content
        .insert("application/problem+json".to_owned(), RefOr::T(content));
    response
}

/// The operations of a path, by their method.
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

/// Where an operation says how it is used from a shell.
pub(crate) const EXAMPLE: &str = "x-example";

/// The example of each operation.
pub(crate) fn example(operation: &Operation) -> Option<&str> {
    operation.extensions.as_ref()?.get(EXAMPLE)?.as_str()
}
