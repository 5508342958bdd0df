//! Invitations to organizations: made by both APIs, accepted by the person or with the ticket of the e-mail.

use crate::accounts::{check_address, user_of_address};
use crate::clock::{DAY, Millis};
use crate::error::{ApiError, Code, Internal};
use crate::http::call::Call;
use crate::inbox;
use crate::instance::Instance;
use crate::organizations::{self, add_member, check_role, membership, require_room};
use crate::random;
use crate::store::Store;
use crate::store::records::{
    EmailAddress, Invitation, InvitationStatus, Metadata, Organization, Session, User,
};
use crate::tokens::{self, Ticket};

/// How long an invitation can be accepted when nothing else is said.
pub(crate) const LIFETIME: Millis = 30 * DAY;

/// Who is invited, and to what.
#[derive(Debug)]
pub(crate) struct NewInvitation<'a> {
    pub(crate) email_address: &'a str,
    pub(crate) role: &'a str,
    pub(crate) redirect_url: Option<String>,
    pub(crate) public_metadata: Metadata,
    pub(crate) lifetime: Millis,
}

impl<'a> NewInvitation<'a> {
    pub(crate) fn new(email_address: &'a str, role: &'a str) -> Self {
        Self {
            email_address,
            role,
            redirect_url: None,
            public_metadata: Metadata::new(),
            lifetime: LIFETIME,
        }
    }
}

/// Invites someone, without telling them yet: see [`send`].
pub(crate) fn create(
    store: &Store<'_>,
    organization: &Organization,
    new: NewInvitation<'_>,
    now: Millis,
) -> Result<Invitation, ApiError> {
    let (email_address, role) = (check_address(new.email_address)?, check_role(new.role)?);
    if let Some(user) = user_of_address(store, &email_address)?
        && membership(store, &organization.id, &user.id)?.is_some()
    {
        return Err(Code::AlreadyAMember.into());
    }
    let pending = pending_of(store, organization, now)?;
    if pending.iter().any(|invitation| {
        invitation
            .email_address
            .eq_ignore_ascii_case(&email_address)
    }) {
        return Err(Code::OrganizationInvitationNotUnique.into());
    }
    require_room(store, organization, pending.len())?;
    let invitation = Invitation {
        id: random::id("orginv")?,
        organization_id: organization.id.clone(),
        email_address,
        role,
        status: InvitationStatus::Pending,
        redirect_url: new.redirect_url,
        public_metadata: new.public_metadata,
        expires_at: now + new.lifetime,
        created_at: now,
        updated_at: now,
    };
    store.save(&invitation)?;
    Ok(invitation)
}

/// Invites several people, or nobody when one of them cannot be invited, and tells them.
pub(crate) fn create_all(
    call: &Call<'_>,
    organization: &Organization,
    all: Vec<NewInvitation<'_>>,
) -> Result<Vec<Invitation>, ApiError> {
    let mut invitations: Vec<Invitation> = Vec::new();
    for new in all {
        match create(call.store, organization, new, call.now) {
            Ok(invitation) => invitations.push(invitation),
            Err(error) => {
                // A refusal is committed, so what was made so far is taken back.
                for invitation in invitations {
                    call.store.delete::<Invitation>(&invitation.id)?;
                }
                return Err(error);
            }
        }
    }
    for invitation in &invitations {
        send(call, organization, invitation)?;
    }
    Ok(invitations)
}

/// Tells the invited person, with a link.
fn send(
    call: &Call<'_>,
    organization: &Organization,
    invitation: &Invitation,
) -> Result<(), Internal> {
    let subject = format!("You are invited to {}", organization.name);
    let url = url(call.instance, invitation)?;
    inbox::deliver_link(
        call.instance,
        call.store,
        &invitation.email_address,
        &subject,
        &url,
        call.now,
    )
}

/// The link of the e-mail.
pub(crate) fn url(instance: &Instance, invitation: &Invitation) -> Result<String, Internal> {
    let ticket = tokens::invitation_ticket(instance, invitation)?;
    Ok(format!(
        "{}/v1/tickets/accept?ticket={ticket}",
        instance.issuer()
    ))
}

pub(crate) fn revoke(
    store: &Store<'_>,
    organization_id: &str,
    id: &str,
    now: Millis,
) -> Result<Invitation, ApiError> {
    let mut invitation = store
        .find::<Invitation>(id)?
        .filter(|invitation| invitation.organization_id == organization_id)
        .ok_or_else(|| ApiError::not_found("invitation", id))?;
    if invitation.status != InvitationStatus::Pending {
        return Err(Code::OrganizationInvitationNotPending.into());
    }
    invitation.status = InvitationStatus::Revoked;
    invitation.updated_at = now;
    store.save(&invitation)?;
    Ok(invitation)
}

/// The open invitation that a ticket stands for.
pub(crate) fn of_ticket(call: &Call<'_>, ticket: &Ticket) -> Result<Invitation, ApiError> {
    let Ticket::OrganizationInvitation(id) = ticket else {
        return Err(Code::TicketInvalid.into());
    };
    let invitation = call
        .store
        .find::<Invitation>(id)?
        .ok_or(Code::OrganizationInvitationNotFound)?;
    match invitation.status {
        InvitationStatus::Accepted => Err(Code::OrganizationInvitationAlreadyAccepted.into()),
        InvitationStatus::Revoked => Err(Code::OrganizationInvitationRevoked.into()),
        InvitationStatus::Pending if call.now >= invitation.expires_at => {
            Err(Code::TicketExpired.into())
        }
        InvitationStatus::Pending => Ok(invitation),
    }
}

/// Makes the invited person a member. Whoever became one in the meantime stays as they are.
pub(crate) fn accept(
    store: &Store<'_>,
    mut invitation: Invitation,
    user: &User,
    now: Millis,
) -> Result<Invitation, ApiError> {
    if invitation.status != InvitationStatus::Pending || now >= invitation.expires_at {
        return Err(Code::OrganizationInvitationNotPending.into());
    }
    let organization = organizations::find(store, &invitation.organization_id)?;
    if membership(store, &organization.id, &user.id)?.is_none() {
        let mut member = add_member(store, &organization, user, &invitation.role, now)?;
        member.public_metadata = invitation.public_metadata.clone();
        store.save(&member)?;
    }
    invitation.status = InvitationStatus::Accepted;
    invitation.updated_at = now;
    store.save(&invitation)?;
    Ok(invitation)
}

/// Accepts the invitation whose ticket started a session, which then acts in the organization.
///
/// An invitation that was revoked since the ticket was read, or an organization that is full by now, does not take back the
/// session: the person is signed in, and in no new organization.
pub(crate) fn accept_with_session(
    store: &Store<'_>,
    invitation_id: &str,
    user: &User,
    session: &mut Session,
    now: Millis,
) -> Result<(), ApiError> {
    let Some(invitation) = store.find::<Invitation>(invitation_id)? else {
        return Ok(());
    };
    match accept(store, invitation, user, now) {
        Ok(invitation) => {
            session.active_organization_id = Some(invitation.organization_id);
            Ok(store.save(session)?)
        }
        Err(error) if error.code() == Code::InternalClerkError => Err(error),
        Err(_) => Ok(()),
    }
}

/// Invitations to the person's verified addresses.
pub(crate) fn to_person(store: &Store<'_>, user: &User) -> Result<Vec<Invitation>, Internal> {
    let mut invitations = Vec::new();
    for email in store.list::<EmailAddress>("user_id", &user.id)? {
        if email.verified() {
            invitations.extend(store.list::<Invitation>("email_address", &email.email_address)?);
        }
    }
    Ok(invitations)
}

fn pending_of(
    store: &Store<'_>,
    organization: &Organization,
    now: Millis,
) -> Result<Vec<Invitation>, Internal> {
    let invitations = store.list::<Invitation>("organization_id", &organization.id)?;
    let pending = |invitation: &Invitation| {
        invitation.status == InvitationStatus::Pending && now < invitation.expires_at
    };
    Ok(invitations.into_iter().filter(pending).collect())
}
