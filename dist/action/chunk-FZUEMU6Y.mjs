import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{a as r}from"./chunk-Y5Z2HZMZ.mjs";function n(t){return/^[A-Za-z0-9._:/-]+$/.test(t)?t:r(t)}export{n as a};
