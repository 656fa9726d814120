import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
function r(t){return`'${t.replaceAll("'","'\\''")}'`}function l(t){return/^[A-Za-z0-9._:/-]+$/.test(t)?t:r(t)}export{r as a,l as b};
