import { follow } from "./link.js";

const password = document.getElementById("password");

follow("reset", (token) => ({ token, password: password.value }), "The password is set. You can log in with it now.");
