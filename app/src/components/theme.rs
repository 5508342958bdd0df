//! The theme: what the person chose, or what their system says.

use leptos::prelude::*;

use crate::browser::set_cookie;

/// The cookie that remembers the choice, so that the first HTML has it. Nobody's secret, and nobody's identity.
const COOKIE: &str = "theme";
/// The attribute of the document's element that the stylesheet reads.
const ATTRIBUTE: &str = "data-theme";
const YEAR: u32 = 365 * 24 * 60 * 60;

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The choice in a `Cookie` header.
    ///
    /// ```
    /// use app::Theme;
    ///
    /// assert_eq!(Theme::from_cookies("a=b; theme=dark"), Theme::Dark);
    /// assert_eq!(Theme::from_cookies("theme=\"><script>"), Theme::System);
    /// ```
    #[must_use]
    pub fn from_cookies(cookies: &str) -> Self {
        cookies
            .split(';')
            .filter_map(|cookie| cookie.split_once('='))
            .find(|(name, _)| name.trim() == COOKIE)
            .map_or(Self::System, |(_, value)| Self::from_name(value.trim()))
    }

    fn from_name(name: &str) -> Self {
        match name {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// The value of `data-theme`; without one, the system decides.
    pub(crate) fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// What the browser uses before it has the stylesheet.
    pub(crate) fn color_scheme(self) -> &'static str {
        self.attribute().unwrap_or("light dark")
    }

    /// The choice that this page was rendered with. The server provides it; the browser reads it from what the server wrote.
    pub(crate) fn of_page() -> Self {
        if cfg!(target_arch = "wasm32") {
            let element = document().document_element();
            let name = element.and_then(|element| element.get_attribute(ATTRIBUTE));
            name.map_or(Self::System, |name| Self::from_name(&name))
        } else {
            use_context().unwrap_or_default()
        }
    }

    /// Shows the page in this theme from now on, and the pages to come.
    fn choose(self) {
        if let Some(element) = document().document_element() {
            // An attribute of this name can always be set.
            _ = match self.attribute() {
                Some(name) => element.set_attribute(ATTRIBUTE, name),
                None => element.remove_attribute(ATTRIBUTE),
            };
        }
        let (name, age) = self.attribute().map_or(("", 0), |name| (name, YEAR));
        let cookie = format!("{COOKIE}={name}; Path=/; Max-Age={age}; SameSite=Lax");
        set_cookie(&cookie);
    }
}

/// Chooses the theme.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    const CHOICES: [(&str, &str); 3] = [("system", "System"), ("light", "Light"), ("dark", "Dark")];
    let chosen = Theme::of_page();
    let choose = |event| Theme::from_name(&event_target_value(&event)).choose();
    view! {
        <select class="theme-switch" aria-label="Theme" autocomplete="off" on:change=choose>
            {CHOICES
                .into_iter()
                .map(|(value, label)| {
                    view! { <option value=value selected=Theme::from_name(value) == chosen>{label}</option> }
                })
                .collect_view()}
        </select>
    }
    .into_any()
}
