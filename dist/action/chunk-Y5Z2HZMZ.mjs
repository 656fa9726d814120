import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
function e(r){return`'${r.replaceAll("'","'\\''")}'`}export{e as a};
