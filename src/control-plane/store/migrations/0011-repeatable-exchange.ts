/** An exchange whose answer was lost may be repeated by the agent that made it: by its nonce, for a new cluster token. */
export const name = '0011-repeatable-exchange'

export const sql = `
alter table onboarding_tokens add column nonce_hash bytea, add column cluster_token_hash bytea;
`
