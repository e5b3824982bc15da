import { follow } from "./link.js";

follow("verify", (token) => ({ token }), "Thank you: your address is confirmed.");
