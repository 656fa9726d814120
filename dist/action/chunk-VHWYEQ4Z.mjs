import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
var u={outcome:"absent"};function t(o){return{outcome:"found",value:o}}function e(o,n){return n===void 0?{outcome:"unknown",reason:o}:{outcome:"unknown",reason:o,cause:n}}export{u as a,t as b,e as c};
