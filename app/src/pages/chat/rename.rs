//! The reader's name, and a form to change it.

use leptos::{html, prelude::*};
use pulseboard_contract::limits::USER_NAME_CHARS;

use crate::live::use_live;

/// The name and the form.
#[component]
pub(super) fn Rename() -> impl IntoView {
    let live = use_live();
    let input = NodeRef::<html::Input>::new();
    let rename = move |submit: leptos::ev::SubmitEvent| {
        submit.prevent_default();
        if let Some(name) = input
            .get_untracked()
            .map(|input| input.value().trim().to_owned())
            .filter(|name| !name.is_empty())
        {
            live.rename(&name);
        }
    };
    view! {
        {move || {
            live
                .name
                .get()
                .map(|name| {
                    view! {
                        <details class="rename needs-script">
                            <summary>
                                "You are "<b>
                                    <bdi>{name.clone()}</bdi>
                                </b>
                            </summary>
                            <form on:submit=rename>
                                <input
                                    node_ref=input
                                    required
                                    maxlength=USER_NAME_CHARS.to_string()
                                    value=name.clone()
                                    aria-label="Your new name"
                                    autocomplete="nickname"
                                />
                                <button class="button" type="submit">
                                    "Change"
                                </button>
                            </form>
                        </details>
                    }
                        .into_any()
                })
        }}
    }
}
