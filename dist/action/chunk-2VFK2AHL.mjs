import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
function o(n){let e;return()=>(e??=n().catch(r=>{throw e=void 0,r}),e)}export{o as a};
