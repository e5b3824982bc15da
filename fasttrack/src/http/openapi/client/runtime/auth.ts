// ---- Logging in and out

/** Sessions, and all else under `/auth`. */
class AuthBase {
  protected readonly transport: Transport;
  readonly #started: () => void;

  constructor(transport: Transport, started: () => void) {
    this.transport = transport;
    this.#started = started;
  }

  /** Starts a session; the client keeps its tokens and uses them by itself. With a second factor: `code`. */
  async login(credentials: Credentials, options: RequestOptions = {}): Promise<void> {
    await this.adopt(tokensOf(await this.#post<TokenPair>("login", credentials, { open: true, options })));
  }

  /** Ends the session here and on the server. */
  async logout(options: RequestOptions = {}): Promise<void> {
    try {
      if ((await this.transport.keeper.token()) !== null) await this.#post("logout", undefined, { options });
    } catch (error) {
      if (!ApiError.is(error, "unauthenticated")) throw error;
    }
    await this.adopt(null);
  }

  /** Goes on with the tokens of a session that was begun elsewhere, such as those in the fragment of a page. */
  async adopt(tokens: Tokens | null): Promise<void> {
    this.transport.versions.clear();
    await this.transport.keeper.store.set(tokens);
    this.#started();
  }

  /** Whether somebody is logged in, as far as is known here. */
  async isLoggedIn(): Promise<boolean> {
    return this.transport.options.apiKey !== undefined || (await this.transport.keeper.store.get()) !== null;
  }

  /** Has the tokens renewed now; they are anyway when they have to be. */
  async refresh(): Promise<void> {
    const tokens = await this.transport.keeper.store.get();
    if (tokens !== null) await this.transport.keeper.renewed(tokens.access_token);
  }

  /** Changes the password; all other sessions end. */
  changePassword(body: PasswordChange, options: RequestOptions = {}): Promise<void> {
    return this.#post("password", body, { asksForSecret: true, options });
  }

  /** Has a link sent to who has forgotten a password, if there is such an account. */
  forgot(email: string, options: RequestOptions = {}): Promise<void> {
    return this.#post("forgot", { email }, { open: true, options });
  }

  /** Sets a password with the token of a link. */
  reset(body: PasswordReset, options: RequestOptions = {}): Promise<void> {
    return this.#post("reset", body, { open: true, options });
  }

  /** One's live sessions. */
  sessions(options: PageOptions = {}): List<Session> {
    return new List(this.transport, `${PREFIX}/auth/sessions`, options);
  }

  endSession(id: number, options: RequestOptions = {}): Promise<void> {
    return this.#delete(`sessions/${id}`, {}, options);
  }

  /** One's API keys. */
  keys(options: PageOptions = {}): List<ApiKey> {
    return new List(this.transport, `${PREFIX}/auth/keys`, options);
  }

  /** Makes an API key, which is told once. */
  createKey(body: ApiKeyCreate, options: RequestOptions = {}): Promise<NewApiKey> {
    return this.#post("keys", body, { options });
  }

  endKey(id: number, options: RequestOptions = {}): Promise<void> {
    return this.#delete(`keys/${id}`, {}, options);
  }

  /** Begins a second factor. */
  beginTotp(options: RequestOptions = {}): Promise<TotpEnrolment> {
    return this.#post("totp", undefined, { options });
  }

  /** Turns it on, with a code of the device. */
  confirmTotp(code: string, options: RequestOptions = {}): Promise<RecoveryCodes> {
    return this.#post("totp/confirm", { code }, { asksForSecret: true, options });
  }

  endTotp(body: TotpRemoval, options: RequestOptions = {}): Promise<void> {
    return this.#delete("totp", { body, asksForSecret: true }, options);
  }

  /** Where to lead a browser that is to log in with a provider. */
  elsewhere(provider: string, returnTo?: string): string {
    const query = new URLSearchParams(returnTo === undefined ? {} : { return_to: returnTo });
    return this.transport.url(`${PREFIX}/auth/oidc/${encodeURIComponent(provider)}`, query);
  }

  /** Ends such a log-in with a second factor. */
  async finishElsewhere(provider: string, body: SecondStep, options: RequestOptions = {}): Promise<void> {
    const pair = await this.#post<TokenPair>(`oidc/${encodeURIComponent(provider)}`, body, { open: true, options });
    await this.adopt(tokensOf(pair));
  }

  /** With what one may log in elsewhere. */
  identities(options: PageOptions = {}): List<Identity> {
    return new List(this.transport, `${PREFIX}/auth/identities`, options);
  }

  endIdentity(id: number, options: RequestOptions = {}): Promise<void> {
    return this.#delete(`identities/${id}`, {}, options);
  }

  protected confirmAddress(token: string, options: RequestOptions): Promise<void> {
    return this.#post("verify", { token }, { open: true, options });
  }

  protected sendConfirmation(options: RequestOptions): Promise<void> {
    return this.#post("verify/send", undefined, { options });
  }

  #post<Value = void>(path: string, body: unknown, call: Partial<Call>): Promise<Value> {
    return this.transport.json<Value>({ method: "POST", path: `${PREFIX}/auth/${path}`, body, ...call });
  }

  async #delete(path: string, call: Partial<Call>, options: RequestOptions): Promise<void> {
    await this.transport.send({ method: "DELETE", path: `${PREFIX}/auth/${path}`, ...call, options });
  }
}
