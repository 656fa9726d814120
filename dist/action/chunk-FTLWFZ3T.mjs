import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
function o(n){let e;return()=>(e??=n().catch(r=>{throw e=void 0,r}),e)}export{o as a};
