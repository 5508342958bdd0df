//! `Appearance`

use serde::Serialize;
use serde_json::{Map, Value};

use crate::clerk::ClerkComponent;

/// The look of Clerk's prebuilt components, for all of them or for one.
///
/// Give it to [`ClerkProvider`](crate::clerk::ClerkProvider) for all, or to a component for that one; what the component says
/// wins. Both take a signal, and the components follow it live.
///
/// ```
/// use leptos_clerk_convex::clerk::{Appearance, ClerkComponent, Theme, Variables};
///
/// let appearance = Appearance::new()
///     .theme(Theme::Simple)
///     .variables(Variables::new().color_primary("var(--accent)").border_radius("0.5rem"))
///     .element("card", "shadow-none")
///     .component(ClerkComponent::UserButton, Appearance::new().element("avatarBox", "ring"));
/// assert_eq!(appearance.as_value()["variables"]["colorPrimary"], "var(--accent)");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Appearance(Value);

impl Default for Appearance {
    fn default() -> Self {
        Self(Value::Object(Map::new()))
    }
}

impl Appearance {
    /// Clerk's own look.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The theme that everything else here changes; a later one is laid over an earlier one.
    #[must_use]
    pub fn theme(mut self, theme: Theme) -> Self {
        let theme = theme.into_value();
        let themes = match self.0["theme"].take() {
            Value::Null => theme,
            Value::Array(mut themes) => {
                themes.push(theme);
                themes.into()
            }
            earlier => vec![earlier, theme].into(),
        };
        self.set("theme", themes)
    }

    /// Colours, fonts, radius and spacing.
    #[must_use]
    pub fn variables(self, variables: Variables) -> Self {
        self.extend("variables", variables.0)
    }

    /// Logo, social buttons, links and the like.
    #[must_use]
    pub fn options(self, options: AppearanceOptions) -> Self {
        self.extend("options", options.0)
    }

    /// Adds classes to an element. Its name is the part behind `cl-` of the class that Clerk gives it: `card`,
    /// `formButtonPrimary`, …
    #[must_use]
    pub fn element(self, element: &str, classes: impl Into<String>) -> Self {
        let classes: String = classes.into();
        self.extend("elements", [(element.to_owned(), classes.into())])
    }

    /// Gives an element styles of its own: an object of CSS properties in camel case, with nested selectors such as `&:hover`.
    #[must_use]
    pub fn element_style(self, element: &str, style: Value) -> Self {
        self.extend("elements", [(element.to_owned(), style)])
    }

    /// The look of one kind of component.
    #[must_use]
    pub fn component(self, component: ClerkComponent, appearance: Appearance) -> Self {
        self.set(component.description().appearance_key, appearance.0)
    }

    /// The CSS cascade layer that Clerk's styles go into, so that an application's own win without `!important`.
    #[must_use]
    pub fn css_layer_name(self, name: impl Into<String>) -> Self {
        let name: String = name.into();
        self.set("cssLayerName", name.into())
    }

    /// Any other member of Clerk's `appearance` object, such as `captcha`.
    #[must_use]
    pub fn set(mut self, name: &str, value: Value) -> Self {
        self.0[name] = value;
        self
    }

    /// The object that ClerkJS gets.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The object that ClerkJS gets.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.0
    }

    fn extend(mut self, name: &str, more: impl IntoIterator<Item = (String, Value)>) -> Self {
        if !self.0[name].is_object() {
            self.0[name] = Value::Object(Map::new());
        }
        if let Some(members) = self.0[name].as_object_mut() {
            members.extend(more);
        }
        self
    }
}

impl From<Value> for Appearance {
    /// Takes Clerk's `appearance` object as it is; anything but an object is Clerk's own look.
    fn from(value: Value) -> Self {
        match value {
            Value::Object(_) => Self(value),
            _ => Self::default(),
        }
    }
}

/// What an [`Appearance`] starts from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Theme {
    /// Clerk's own.
    Clerk,
    /// Hardly any style: a base for one's own.
    Simple,
    /// Clerk's own on a dark ground.
    Dark,
    /// Another theme's object, as the packages of Clerk's themes define them.
    Custom(Value),
}

impl Theme {
    fn into_value(self) -> Value {
        match self {
            Self::Clerk => "clerk".into(),
            Self::Simple => "simple".into(),
            Self::Dark => {
                let variables = Variables::new()
                    .color_background("#212126")
                    .color_neutral("white")
                    .color_primary("#ffffff")
                    .color_primary_foreground("black")
                    .color_foreground("white")
                    .color_input("#26262B")
                    .color_input_foreground("white");
                Appearance::new().variables(variables).0
            }
            Self::Custom(theme) => theme,
        }
    }
}

/// Members of a JavaScript object, with a method for each.
macro_rules! members {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $method:ident: $key:literal $(, $kind:ty)?;)+ }) => {
        $(#[$outer])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name(Map<String, Value>);

        impl $name {
            /// Nothing but Clerk's defaults.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// Any other member, by Clerk's name.
            #[must_use]
            pub fn set(mut self, name: &str, value: Value) -> Self {
                self.0.insert(name.to_owned(), value);
                self
            }

            $(members!(@method $(#[$inner])* $method $key $($kind)?);)+
        }
    };
    (@method $(#[$inner:meta])* $method:ident $key:literal) => {
        $(#[$inner])*
        #[must_use]
        pub fn $method(self, value: impl Into<String>) -> Self {
            let value: String = value.into();
            self.set($key, value.into())
        }
    };
    (@method $(#[$inner:meta])* $method:ident $key:literal $kind:ty) => {
        $(#[$inner])*
        #[must_use]
        pub fn $method(self, value: $kind) -> Self {
            self.set($key, value.into())
        }
    };
}

members! {
    /// The variables of an [`Appearance`]: CSS values, custom properties among them.
    Variables {
        /// Buttons, links and focus.
        color_primary: "colorPrimary";
        /// Text on the primary colour.
        color_primary_foreground: "colorPrimaryForeground";
        /// Errors and dangerous actions.
        color_danger: "colorDanger";
        /// Success.
        color_success: "colorSuccess";
        /// Warnings.
        color_warning: "colorWarning";
        /// The base of borders, hover grounds and shades.
        color_neutral: "colorNeutral";
        /// Text.
        color_foreground: "colorForeground";
        /// Grounds that stand back.
        color_muted: "colorMuted";
        /// Text that stands back.
        color_muted_foreground: "colorMutedForeground";
        /// The card's ground.
        color_background: "colorBackground";
        /// The ground of fields.
        color_input: "colorInput";
        /// Text in fields.
        color_input_foreground: "colorInputForeground";
        /// The gleam over what is loading.
        color_shimmer: "colorShimmer";
        /// Focus rings.
        color_ring: "colorRing";
        /// Shadows.
        color_shadow: "colorShadow";
        /// Borders.
        color_border: "colorBorder";
        /// What lies over the page behind a modal.
        color_modal_backdrop: "colorModalBackdrop";
        /// The font; `inherit` takes the page's.
        font_family: "fontFamily";
        /// The font of buttons.
        font_family_buttons: "fontFamilyButtons";
        /// The font of codes.
        font_family_mono: "fontFamilyMono";
        /// The base size of text.
        font_size: "fontSize";
        /// The base radius of corners.
        border_radius: "borderRadius";
        /// The base unit of spacing.
        spacing: "spacing";
    }
}

members! {
    /// The options of an [`Appearance`].
    AppearanceOptions {
        /// Where the logo is: `inside`, `outside` or `none`.
        logo_placement: "logoPlacement";
        /// The address of the logo.
        logo_image_url: "logoImageUrl";
        /// Where a click on the logo leads.
        logo_link_url: "logoLinkUrl";
        /// How social buttons look: `auto`, `iconButton` or `blockButton`.
        social_buttons_variant: "socialButtonsVariant";
        /// Where social buttons are: `top` or `bottom`.
        social_buttons_placement: "socialButtonsPlacement";
        /// Whether optional fields of the sign-up form are shown.
        show_optional_fields: "showOptionalFields", bool;
        /// The address of the terms.
        terms_page_url: "termsPageUrl";
        /// The address of the help page.
        help_page_url: "helpPageUrl";
        /// The address of the privacy page.
        privacy_page_url: "privacyPageUrl";
        /// Whether pictures gleam.
        shimmer: "shimmer", bool;
        /// Whether anything is animated.
        animations: "animations", bool;
        /// Whether the first field takes the focus.
        auto_focus: "autoFocus", bool;
        /// Whether cards are `raised` or `flush`.
        elevation: "elevation";
    }
}
