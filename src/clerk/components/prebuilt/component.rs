//! Which prebuilt components there are, and what is known about each before it is loaded.

/// The prebuilt components of Clerk's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClerkComponent {
    /// The sign-in form.
    SignIn,
    /// The sign-up form.
    SignUp,
    /// The account button.
    UserButton,
    /// The account page.
    UserProfile,
    /// The person's picture.
    UserAvatar,
    /// The menu of organizations.
    OrganizationSwitcher,
    /// The organization page.
    OrganizationProfile,
    /// The list of organizations to choose from.
    OrganizationList,
    /// The form that makes an organization.
    CreateOrganization,
    /// The form that joins the waitlist.
    Waitlist,
    /// Plans and prices.
    PricingTable,
    /// The page of API keys.
    ApiKeys,
    /// Google's prompt.
    GoogleOneTap,
    /// The task of choosing an organization.
    TaskChooseOrganization,
    /// The task of setting a new password.
    TaskResetPassword,
    /// The task of setting up a second factor.
    TaskSetupMfa,
}

/// When the scripts for a prebuilt component are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::clerk) enum Load {
    /// At once: the component is what the page is for.
    Now,
    /// When the page is idle: the component is beside the page's content, and its placeholder stands in.
    WhenIdle,
}

/// Whom ClerkJS shows a component to. For anybody else it throws, so it is not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::clerk) enum Audience {
    Anybody,
    Person,
    Member,
}

/// What is known about a component before it is loaded.
#[derive(Debug)]
pub(in crate::clerk) struct Description {
    /// Its methods are `mount…` and `unmount…`, or `open…` and `close…`.
    pub(in crate::clerk) name: &'static str,
    /// Its member of `appearance`.
    pub(in crate::clerk) appearance_key: &'static str,
    pub(in crate::clerk) class: &'static str,
    /// The style that reserves its space, so that nothing moves when it arrives.
    pub(in crate::clerk) space: &'static str,
    pub(in crate::clerk) load: Load,
    pub(in crate::clerk) audience: Audience,
}

// As high as each is at first in Clerk's own look.
const FORM: &str = "min-height:26rem;width:100%;max-width:25rem";
const LONG_FORM: &str = "min-height:36rem;width:100%;max-width:25rem";
const CARD: &str = "min-height:20.25rem;width:100%;max-width:27rem";
const HIGH_CARD: &str = "min-height:24.5rem;width:100%;max-width:27rem";
const PAGE: &str = "min-height:44rem;width:100%";

const fn form(
    name: &'static str,
    appearance_key: &'static str,
    space: &'static str,
) -> Description {
    Description {
        name,
        appearance_key,
        class: "clerk-form",
        space,
        load: Load::Now,
        audience: Audience::Anybody,
    }
}

const fn card(
    name: &'static str,
    appearance_key: &'static str,
    space: &'static str,
    audience: Audience,
) -> Description {
    Description {
        name,
        appearance_key,
        class: "clerk-card",
        space,
        load: Load::Now,
        audience,
    }
}

const fn page(name: &'static str, appearance_key: &'static str, audience: Audience) -> Description {
    Description {
        name,
        appearance_key,
        class: "clerk-page",
        space: PAGE,
        load: Load::Now,
        audience,
    }
}

const fn inline(
    name: &'static str,
    appearance_key: &'static str,
    class: &'static str,
    space: &'static str,
) -> Description {
    Description {
        name,
        appearance_key,
        class,
        space,
        load: Load::WhenIdle,
        audience: Audience::Person,
    }
}

static SIGN_IN: Description = form("SignIn", "signIn", FORM);
static SIGN_UP: Description = form("SignUp", "signUp", LONG_FORM);
static USER_BUTTON: Description = inline(
    "UserButton",
    "userButton",
    "clerk-user-button",
    "display:inline-grid;min-width:28px;min-height:28px",
);
static USER_AVATAR: Description = inline(
    "UserAvatar",
    "userAvatar",
    "clerk-user-avatar",
    "display:inline-grid;min-width:28px;min-height:28px",
);
static ORGANIZATION_SWITCHER: Description = inline(
    "OrganizationSwitcher",
    "organizationSwitcher",
    "clerk-organization-switcher",
    "display:inline-grid;width:12rem;height:2rem;align-items:center;justify-items:start",
);
static USER_PROFILE: Description = page("UserProfile", "userProfile", Audience::Person);
static ORGANIZATION_PROFILE: Description = page(
    "OrganizationProfile",
    "organizationProfile",
    Audience::Member,
);
static ORGANIZATION_LIST: Description = card(
    "OrganizationList",
    "organizationList",
    CARD,
    Audience::Person,
);
static CREATE_ORGANIZATION: Description = card(
    "CreateOrganization",
    "createOrganization",
    HIGH_CARD,
    Audience::Person,
);
static WAITLIST: Description = card("Waitlist", "waitlist", CARD, Audience::Anybody);
static PRICING_TABLE: Description = page("PricingTable", "pricingTable", Audience::Anybody);
static API_KEYS: Description = page("APIKeys", "apiKeys", Audience::Person);
static GOOGLE_ONE_TAP: Description = Description {
    name: "GoogleOneTap",
    appearance_key: "oneTap",
    class: "clerk-google-one-tap",
    space: "display:none",
    load: Load::WhenIdle,
    audience: Audience::Anybody,
};
static TASK_CHOOSE_ORGANIZATION: Description =
    form("TaskChooseOrganization", "taskChooseOrganization", FORM);
static TASK_RESET_PASSWORD: Description = form("TaskResetPassword", "taskResetPassword", FORM);
static TASK_SETUP_MFA: Description = form("TaskSetupMFA", "taskSetupMfa", FORM);

impl ClerkComponent {
    /// Clerk's name of the component, such as `UserButton`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.description().name
    }

    pub(in crate::clerk) fn description(self) -> &'static Description {
        match self {
            Self::SignIn => &SIGN_IN,
            Self::SignUp => &SIGN_UP,
            Self::UserButton => &USER_BUTTON,
            Self::UserProfile => &USER_PROFILE,
            Self::UserAvatar => &USER_AVATAR,
            Self::OrganizationSwitcher => &ORGANIZATION_SWITCHER,
            Self::OrganizationProfile => &ORGANIZATION_PROFILE,
            Self::OrganizationList => &ORGANIZATION_LIST,
            Self::CreateOrganization => &CREATE_ORGANIZATION,
            Self::Waitlist => &WAITLIST,
            Self::PricingTable => &PRICING_TABLE,
            Self::ApiKeys => &API_KEYS,
            Self::GoogleOneTap => &GOOGLE_ONE_TAP,
            Self::TaskChooseOrganization => &TASK_CHOOSE_ORGANIZATION,
            Self::TaskResetPassword => &TASK_RESET_PASSWORD,
            Self::TaskSetupMfa => &TASK_SETUP_MFA,
        }
    }
}
