import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
function n(t){let i=t.length;for(;t[i-1]==="/";)i--;return t.slice(0,i)}export{n as a};
