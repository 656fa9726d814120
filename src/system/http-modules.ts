/**
 * Node's modules for HTTP, loaded on first use. An `import` of `node:http` reads all that it exports: with `WebSocket` it
 * would load undici, which takes longer than the start of most commands.
 */
export const nodeHttp = () => process.getBuiltinModule('node:http')
export const nodeHttps = () => process.getBuiltinModule('node:https')
