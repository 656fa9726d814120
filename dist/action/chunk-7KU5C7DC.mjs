import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
function n(t){let i=t.length;for(;t[i-1]==="/";)i--;return t.slice(0,i)}export{n as a};
