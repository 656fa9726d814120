import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{a as r}from"./chunk-X3GA5Y6F.mjs";function n(t){return/^[A-Za-z0-9._:/-]+$/.test(t)?t:r(t)}export{n as a};
