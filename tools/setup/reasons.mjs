// @ts-check
/** Finds the reason in what an installer printed: it is rarely the last line. */

const NETWORK =
  /E(CONNREFUSED|CONNRESET|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH|SOCKETTIMEDOUT|PROTO)\b|ERR_SOCKET|E40[1347]\b|E5\d\d\b|NewConnectionError|ProxyError|ConnectTimeout|Read ?timed out|Name or service not known|Temporary failure in name resolution|Could ?n.t resolve|Could not (connect|resolve)|Failed to fetch|Connection (refused|reset|timed out|failed)|dns error|[Cc]ertificate|CERT_|UNABLE_TO_|(40[1347]|5\d\d) (Client|Server) Error/
const MAXIMUM_LINE = 500

/**
 * The first line that names a fault of the network, a proxy or the registry.
 * @param {string} output
 * @returns {string | undefined}
 */
export function networkReasonIn(output) {
  const lines = output.split('\n').filter((each) => NETWORK.test(each.slice(0, 4096)))
  // npm's first line has only the code; one of the next says which address did not answer.
  const line = lines.find((each) => !/^npm (error|ERR!) (code|errno) /.test(each)) ?? lines[0]
  return line && withoutCredentials(line.trim().slice(0, MAXIMUM_LINE))
}

/** In a sentence: the network's word before the installer's last one. @param {string} output */
export function reasonOf(output) {
  return networkReasonIn(output) ?? withoutCredentials(lastLine(output).slice(0, MAXIMUM_LINE))
}

/** Several lines: npm names the reason first, and may go on with a page of help. @param {string} output */
export function beginningOf(output) {
  const lines = withoutCredentials(output.slice(0, 100_000)).split('\n')
  return lines.length > 16 ? [...lines.slice(0, 15), '…', lines.at(-1)].join('\n') : lines.join('\n')
}

/** @param {string} output */
export function lastLine(output) {
  return output.trim().split('\n').at(-1)?.trim() || 'no output'
}

/** The address of a proxy or a mirror may hold a password. @param {string} text */
function withoutCredentials(text) {
  return text.replace(/:\/\/[^\s/@]{1,512}@/g, '://')
}
