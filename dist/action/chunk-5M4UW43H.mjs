import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
function e(t){return/^[A-Za-z0-9._/-]+$/.test(t)?t:`'${t.replaceAll("'","'\\''")}'`}export{e as a};
