/** An OIDC issuer for tests: a real server that publishes real keys. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose'

/** An issuer over HTTP: discovery document, rotating keys, and answers that can fail. */
export class TestIssuer {
  url = ''
  fetches = 0
  /** The answer in place of the keys. */
  broken: { status: number; body: string; location?: string } | undefined
  /** The number of answers with 503 before the next good one. */
  busyAnswers = 0
  /** The answer of the token endpoint; with `silence` it never answers. */
  tokens: object | 'silence' = {}
  /** The authorization header of the last token request. */
  authorization: string | undefined
  private keys: JWK[] = []
  private readonly server: Server = createServer((request, response) => {
    this.fetches++
    if (this.busyAnswers > 0) {
      this.busyAnswers--
      return response.writeHead(503).end()
    }
    if (this.broken) {
      const { status, body, location } = this.broken
      return response.writeHead(status, location === undefined ? {} : { location }).end(body)
    }
    if (request.url === '/token') this.authorization = request.headers.authorization
    const answer = this.answerTo(request.url)
    if (answer === 'silence') return
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer))
  })

  private answerTo(path: string | undefined): object | 'silence' {
    if (path === '/keys') return { keys: this.keys }
    if (path === '/token') return this.tokens
    const endpoints = { authorization_endpoint: `${this.url}/authorize`, token_endpoint: `${this.url}/token` }
    return { issuer: this.url, jwks_uri: `${this.url}/keys`, ...endpoints }
  }

  async open(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    this.server.closeAllConnections()
    return new Promise((resolve) => this.server.close(() => resolve()))
  }

  /**
   * Publishes a new key, beside the others or instead of them, and answers with what signs by it. An RSA key takes a good part
   * of a second to make.
   */
  async addKey(kid: string, { alg = 'ES256', replacing = false } = {}) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    this.keys = [...(replacing ? [] : this.keys), { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }]
    return (claims: JWTPayload = {}, expiresInSeconds = 600) =>
      new SignJWT({ iss: this.url, aud: 'dashboard', sub: 'someone', tenant_id: 'acme', ...claims })
        .setProtectedHeader({ alg, kid })
        .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
        .sign(privateKey)
  }

  publicKeys(): string {
    return JSON.stringify(this.keys)
  }
}
