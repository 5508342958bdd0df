"use node";
import { createHash } from "node:crypto";
import { action } from "../_generated/server";

export const hash = action(async () => createHash("sha256").update("x").digest("hex"));
