/** Sign-ins at an issuer that are under way: what is known of one when the browser comes back. */
export const name = '0008-sign-ins'

export const sql = `
create table sign_ins (
  state_hash bytea primary key,
  browser_hash bytea not null,
  provider text not null,
  nonce text not null,
  code_verifier text not null,
  next_path text,
  expires_at timestamptz not null
);
create index sign_ins_expiry on sign_ins (expires_at);
`
