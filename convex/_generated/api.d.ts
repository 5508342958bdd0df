/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type * as admin from "../admin.js";
import type * as channels from "../channels.js";
import type * as http from "../http.js";
import type * as messages from "../messages.js";
import type * as model_channels from "../model/channels.js";
import type * as model_clerkWebhook from "../model/clerkWebhook.js";
import type * as model_errors from "../model/errors.js";
import type * as model_presence from "../model/presence.js";
import type * as model_users from "../model/users.js";
import type * as presence from "../presence.js";
import type * as users from "../users.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const fullApi: ApiFromModules<{
  admin: typeof admin;
  channels: typeof channels;
  http: typeof http;
  messages: typeof messages;
  "model/channels": typeof model_channels;
  "model/clerkWebhook": typeof model_clerkWebhook;
  "model/errors": typeof model_errors;
  "model/presence": typeof model_presence;
  "model/users": typeof model_users;
  presence: typeof presence;
  users: typeof users;
}>;

/**
 * A utility for referencing Convex functions in your app's public API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;

/**
 * A utility for referencing Convex functions in your app's internal API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = internal.myModule.myFunction;
 * ```
 */
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;

export declare const components: {};
