import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();
crons.interval("tick", { seconds: 30 }, internal.tools.tick, { a: 1n });
crons.daily("d", { hourUTC: 3, minuteUTC: 15 }, internal.tools.tick, {});
crons.hourly("h", { minuteUTC: 5 }, internal.tools.tick, {});
crons.weekly("w", { dayOfWeek: "monday", hourUTC: 1, minuteUTC: 2 }, internal.tools.tick, {});
crons.monthly("mo", { day: 1, hourUTC: 1, minuteUTC: 2 }, internal.tools.tick, {});
crons.cron("c", "*/5 * * * *", internal.tools.tick, {});
export default crons;
