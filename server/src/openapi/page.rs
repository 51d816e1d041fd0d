//! The `OpenAPI` description as a page: each operation with its parameters, its responses and an
//! example for the shell.
//!
//! The page is plain HTML without scripts.

use leptos::{either::Either, prelude::*};
use pulseboard_app::Theme;
use utoipa::openapi::{
    OpenApi, RefOr,
    content::Content,
    path::{HttpMethod, Operation, Parameter, ParameterIn},
    request_body::RequestBody,
    response::Response,
    schema::{ArrayItems, Schema, SchemaType, Type},
};

use super::{example, operations};
use crate::site::front_end;

/// Renders the page. The examples send their requests to `url`.
pub(crate) fn render(document: &OpenApi, url: &str, theme: Option<Theme>) -> String {
    let tags = document.tags.clone().unwrap_or_default();
    let sections: Vec<_> = tags
        .into_iter()
        .map(|tag| {
            let described =
                all(document).filter(|(_, _, operation)| is_tagged(operation, &tag.name));
            let operations: Vec<_> = described
                .map(|(path, method, operation)| section(path, method, operation, url))
                .collect();
            view! {
                <section id=tag.name>
                    <h2>{tag.description}</h2>
                    {operations}
                </section>
            }
        })
        .collect();
    let contents: Vec<_> = all(document)
        .map(|(path, method, operation)| {
            let target = format!("#{}", id(operation));
            view! { <li><a href=target><code>{format!("{} {path}", word(&method))}</code></a></li> }
        })
        .collect();
    let schemas = document
        .components
        .iter()
        .flat_map(|components| &components.schemas);
    let shapes: Vec<_> = schemas
        .map(|(name, schema)| described(name, schema))
        .collect();
    let page = view! {
        <html lang="en" data-theme=theme.map(Theme::name)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="light dark"/>
                <title>"API reference · Pulseboard"</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=front_end().assets.style.clone()/>
            </head>
            <body>
                <a class="skip" href="#content">"Skip to content"</a>
                <header class="bar">
                    <a class="mark" href="/" aria-label="Pulseboard, home">
                        <img class="logo" src="/favicon.svg" alt="" width="22" height="22"/>
                        <span>"Pulseboard"</span>
                    </a>
                    <nav class="tabs" aria-label="Pages">
                        <a href="/">"Board"</a>
                        <a href="/chat/general">"Chat"</a>
                        <a href="/inspector">"Inspector"</a>
                        <a href="/guide">"Guide"</a>
                    </nav>
                </header>
                <main id="content" class="docs" tabindex="-1">
                    <div class="intro">
                        <h1>"API reference"</h1>
                        <p>{document.info.description.clone()}</p>
                        <p>
                            "As OpenAPI 3.1 for programs: "
                            <a href="/api/openapi.json">"/api/openapi.json"</a>
                            ". Errors are problem documents (RFC 9457) that name the invalid input."
                        </p>
                        <ul class="contents">{contents}</ul>
                    </div>
                    {sections}
                    <section id="shapes">
                        <h2>"JSON schemas"</h2>
                        {shapes}
                    </section>
                </main>
            </body>
        </html>
    };
    format!("<!DOCTYPE html>{}", page.to_html())
}

fn section(
    path: &str,
    method: HttpMethod,
    operation: &Operation,
    url: &str,
) -> impl IntoView + use<> {
    let title = format!("{} {path}", word(&method));
    let prose = [
        operation.summary.as_deref(),
        operation.description.as_deref(),
    ];
    let paragraphs = prose
        .into_iter()
        .flatten()
        .flat_map(|text| text.split("\n\n"));
    let prose: Vec<_> = paragraphs
        .map(|text| view! { <p>{rich(text)}</p> })
        .collect();
    let parameters: Vec<_> = operation
        .parameters
        .iter()
        .flatten()
        .filter_map(inline)
        .map(parameter)
        .collect();
    let body = operation
        .request_body
        .as_ref()
        .and_then(inline)
        .map(request);
    let responses = operation.responses.responses.iter();
    let responses: Vec<_> = responses
        .filter_map(|(status, response)| Some(answer(status, inline(response)?)))
        .collect();
    let example = example(operation).map(|example| {
        view! { <pre tabindex="0"><code>{example.replace("$URL", url)}</code></pre> }
    });
    view! {
        <article class="operation" id=id(operation)>
            <h3><code>{title}</code></h3>
            {prose}
            {example}
            {(!parameters.is_empty()).then(|| view! { <h4>"Parameters"</h4><dl class="terms">{parameters}</dl> })}
            {body}
            <h4>"Responses"</h4>
            <dl class="terms">{responses}</dl>
        </article>
    }
}

fn parameter(parameter: &Parameter) -> impl IntoView + use<> {
    let place = match parameter.parameter_in {
        ParameterIn::Query => "in the query",
        ParameterIn::Path => "in the path",
        ParameterIn::Header => "header",
        ParameterIn::Cookie => "cookie",
        ParameterIn::QueryString => "the query",
    };
    view! {
        <dt><code>{parameter.name.clone()}</code><small>{place}</small></dt>
        <dd>{rich(parameter.description.as_deref().unwrap_or_default())}</dd>
    }
}

fn request(body: &RequestBody) -> impl IntoView + use<> {
    let contents: Vec<_> = body
        .content
        .iter()
        .map(
            |(content_type, content)| view! { <dt><code>{content_type.clone()}</code></dt><dd>{inline(content).map(shape)}</dd> },
        )
        .collect();
    let note = body
        .description
        .clone()
        .map(|note| view! { <p class="quiet">{rich(&note)}</p> });
    view! { <h4>"Body"</h4>{note}<dl class="terms">{contents}</dl> }
}

fn answer(status: &str, response: &Response) -> impl IntoView + use<> {
    let types: Vec<_> = response
        .content
        .iter()
        .map(|(content_type, content)| view! { <small>{content_type.clone()}</small> " " {inline(content).map(shape)} })
        .collect();
    view! {
        <dt><code>{status.to_owned()}</code></dt>
        <dd>{rich(&response.description)} " " {types}</dd>
    }
}

/// The example of a body, or its schema.
fn shape(content: &Content) -> impl IntoView + use<> {
    let text = content.example.as_ref().map(|example| match example {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    match text {
        Some(text) => Either::Left(view! { <pre tabindex="0"><code>{text}</code></pre> }),
        None => Either::Right(content.schema.as_ref().map(kind)),
    }
}

/// A schema in a few words. A named schema is a link to its description.
fn kind(schema: &RefOr<Schema>) -> AnyView {
    match schema {
        RefOr::Ref(reference) => {
            let name = reference
                .ref_location
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned();
            view! { <a href=format!("#{name}")><code>{name.clone()}</code></a> }.into_any()
        }
        RefOr::T(Schema::Array(array)) => match &array.items {
            ArrayItems::RefOrSchema(item) => view! { "array of " {kind(item)} }.into_any(),
            ArrayItems::False => "array".into_any(),
        },
        RefOr::T(Schema::OneOf(choice)) => {
            let kinds: Vec<_> = choice
                .items
                .iter()
                .map(|item| view! { " " {kind(item)} })
                .collect();
            view! { "one of" {kinds} }.into_any()
        }
        RefOr::T(Schema::Object(object)) => match &object.schema_type {
            SchemaType::Type(only) => word_of(only).into_any(),
            SchemaType::Array(types) => types
                .iter()
                .map(word_of)
                .collect::<Vec<_>>()
                .join(" or ")
                .into_any(),
            SchemaType::AnyValue => "any JSON".into_any(),
        },
        RefOr::T(_) => "any JSON".into_any(),
    }
}

fn word_of(kind: &Type) -> &'static str {
    match kind {
        Type::Object => "object",
        Type::String => "string",
        Type::Integer | Type::Number => "number",
        Type::Boolean => "true or false",
        Type::Array => "array",
        Type::Null => "null",
    }
}

/// A named schema: its members, or its alternatives.
fn described(name: &str, schema: &RefOr<Schema>) -> impl IntoView + use<> {
    let about = match schema {
        RefOr::T(Schema::Object(object)) => object.description.as_deref(),
        RefOr::T(Schema::OneOf(choice)) => choice.description.as_deref(),
        RefOr::T(_) | RefOr::Ref(_) => None,
    };
    let about = about.map(|about| view! { <p>{rich(about)}</p> });
    let members = match schema {
        RefOr::T(Schema::Object(object)) => {
            let members: Vec<_> = object.properties.iter().map(|(name, member)| {
                let need = if object.required.contains(name) { "" } else { "optional" };
                let about = match member {
                    RefOr::T(Schema::Object(object)) => object.description.as_deref(),
                    RefOr::T(Schema::Array(array)) => array.description.as_deref(),
                    RefOr::T(_) | RefOr::Ref(_) => None,
                };
                let about = rich(about.unwrap_or_default());
                view! { <dt><code>{name.clone()}</code><small>{need}</small></dt><dd>{about} " " <small>{kind(member)}</small></dd> }
            }).collect();
            view! { <dl class="terms">{members}</dl> }.into_any()
        }
        other => view! { <p>{kind(other)}</p> }.into_any(),
    };
    view! { <article class="operation" id=name.to_owned()><h3><code>{name.to_owned()}</code></h3>{about}{members}</article> }
}

/// Text with `code` between grave accents, as in doc comments.
fn rich(text: &str) -> Vec<Either<String, impl IntoView + use<>>> {
    let parts = text.split('`').map(str::to_owned).enumerate();
    parts
        .map(|(index, part)| {
            if index % 2 == 0 {
                Either::Left(part)
            } else {
                Either::Right(view! { <code>{part}</code> })
            }
        })
        .collect()
}

fn all(document: &OpenApi) -> impl Iterator<Item = (&str, HttpMethod, &Operation)> {
    let paths = document.paths.paths.iter();
    paths.flat_map(|(path, item)| {
        operations(item).map(move |(method, operation)| (path.as_str(), method, operation))
    })
}

fn is_tagged(operation: &Operation, tag: &str) -> bool {
    operation
        .tags
        .as_ref()
        .is_some_and(|tags| tags.iter().any(|given| given == tag))
}

fn id(operation: &Operation) -> String {
    operation.operation_id.clone().unwrap_or_default()
}

fn word(method: &HttpMethod) -> &'static str {
    if *method == HttpMethod::Post {
        "POST"
    } else {
        "GET"
    }
}

/// The object, unless it is a reference. Only schemas are references in this document.
fn inline<T>(given: &RefOr<T>) -> Option<&T> {
    match given {
        RefOr::T(given) => Some(given),
        RefOr::Ref(_) => None,
    }
}
