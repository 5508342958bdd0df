import { internalAction } from "./_generated/server";

export const tick = internalAction({ args: {}, handler: async () => null });
