// People: made over the Frontend API, signed in through the form.

import { expect, request, type Page } from "@playwright/test";
import { randomUUID } from "node:crypto";

export interface Person {
  email: string;
  password: string;
  firstName: string;
  lastName: string;
  name: string;
}

/** The code of every address with `+clerk_test`, as in Clerk's test mode. */
export const TEST_CODE = "424242";

/** A person who has no account yet. */
export function newPerson(): Person {
  const mark = randomUUID().slice(0, 8);
  return {
    email: `person-${mark}+clerk_test@example.com`,
    password: `a long password ${mark}`,
    firstName: "Grace",
    lastName: `Hopper ${mark}`,
    name: `Grace Hopper ${mark}`,
  };
}

/** Makes an account, from a browser of its own: the test's browser stays signed out. */
export async function createPerson(baseURL: string): Promise<Person> {
  const person = newPerson();
  const api = await request.newContext({ baseURL, extraHTTPHeaders: { origin: baseURL } });
  const browser = await (await api.post("/__clerk/v1/dev_browser")).json();
  const call = async (path: string, form: Record<string, string>) => {
    const answer = await api.post(`/__clerk/v1/client/${path}?__clerk_db_jwt=${browser.id}`, { form });
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
    return (await answer.json()).response;
  };
  const signUp = await call("sign_ups", {
    email_address: person.email,
    password: person.password,
    first_name: person.firstName,
    last_name: person.lastName,
  });
  await call(`sign_ups/${signUp.id}/prepare_verification`, { strategy: "email_code" });
  const done = await call(`sign_ups/${signUp.id}/attempt_verification`, { strategy: "email_code", code: TEST_CODE });
  expect(done.status).toBe("complete");
  await api.dispose();
  return person;
}

/** Fills in the form that is on the page. */
export async function fillSignIn(page: Page, email: string, password: string): Promise<void> {
  await page.locator("input[name=identifier]").fill(email);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await fillPassword(page, password);
}

/** Fills in the second step. */
export async function fillPassword(page: Page, password: string): Promise<void> {
  await page.locator("input[name=password]:visible").fill(password);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
}

/** Signs in on the sign-in page and waits for the dashboard. */
export async function signIn(page: Page, person: Person): Promise<void> {
  await page.goto("/sign-in");
  await fillSignIn(page, person.email, person.password);
  await expect(page).toHaveURL(/\/dashboard$/);
  await expect(page.getByTestId("name")).toHaveText(person.name);
}

/** Clicks the one control of the dashboard that needs hydration and the server: both have to be alive. */
export async function askServer(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Ask the server who I am" }).click();
  await expect(page.getByTestId("server-answer")).toContainText("The server knows you as user_");
}
