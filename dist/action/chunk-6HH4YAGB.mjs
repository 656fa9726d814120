import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{R as a}from"./chunk-T3QKSFQE.mjs";import"./chunk-7KU5C7DC.mjs";import"./chunk-KWSNDJJD.mjs";import"./chunk-SHRCMXND.mjs";import"./chunk-XOSY6F43.mjs";import"./chunk-3BQZBQOP.mjs";import"./chunk-KXCDG5DK.mjs";import"./chunk-LQTQPWY5.mjs";export{a as createClient};
