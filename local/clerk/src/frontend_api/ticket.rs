//! The links of e-mails: from a ticket to the page that uses it.

use axum::routing::MethodRouter;
use http::Method;

use crate::accounts::user_of_address;
use crate::error::{ApiError, Code};
use crate::http::call::Call;
use crate::http::{App, Reply, anonymous};
use crate::invitations;
use crate::store::records::{Invitation, User};
use crate::tokens::{self, Ticket};

/// `GET /v1/tickets/accept`
pub(super) fn accept() -> MethodRouter<App> {
    anonymous([(Method::GET, follow)])
}

/// Sends the browser on to where the ticket is used: the sign-in page for who has an account, the sign-up page for who has
/// none. Who is signed in as the invited person is a member at once.
///
/// A ticket that can no longer be used is sent on all the same: the page that tries it says what is wrong with it.
fn follow(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let ticket = call
        .request
        .query
        .text("ticket")
        .ok_or_else(|| ApiError::missing("ticket"))?;
    call.find_browser()?;
    match tokens::read_ticket(call.instance, ticket).ok_or(Code::TicketInvalid)? {
        Ticket::SignInToken(_) => redirect(call, "/sign-in", ticket, "sign_in"),
        Ticket::OrganizationInvitation(id) => {
            let invitation = call
                .store
                .find::<Invitation>(&id)?
                .ok_or(Code::OrganizationInvitationNotFound)?;
            follow_invitation(call, ticket, invitation)
        }
    }
}

fn follow_invitation(
    call: &mut Call<'_>,
    ticket: &str,
    invitation: Invitation,
) -> Result<Reply, ApiError> {
    let own = invitation.redirect_url.clone();
    let target = |page: &'static str| own.clone().unwrap_or_else(|| page.to_owned());
    let Some(user) = user_of_address(call.store, &invitation.email_address)? else {
        return redirect(call, &target("/sign-up"), ticket, "sign_up");
    };
    let open = call.view().invitation_status(&invitation) == "pending";
    if open && signed_in(call, &user)? {
        invitations::accept(call.store, invitation, &user, call.now)?;
        return redirect(call, &target("/"), ticket, "complete");
    }
    redirect(call, &target("/sign-in"), ticket, "sign_in")
}

fn signed_in(call: &Call<'_>, user: &User) -> Result<bool, ApiError> {
    let Some(client) = &call.client else {
        return Ok(false);
    };
    let sessions = call.view().live_sessions(client)?;
    Ok(sessions.iter().any(|session| session.user_id == user.id))
}

fn redirect(
    call: &Call<'_>,
    target: &str,
    ticket: &str,
    status: &'static str,
) -> Result<Reply, ApiError> {
    let mut target = call.redirect_target("redirect_url", target)?;
    // A ticket that is used up would make the page say so.
    if status != "complete" {
        target
            .query_pairs_mut()
            .append_pair("__clerk_ticket", ticket);
    }
    target
        .query_pairs_mut()
        .append_pair("__clerk_status", status);
    Ok(Reply::Redirect(target.into()))
}
