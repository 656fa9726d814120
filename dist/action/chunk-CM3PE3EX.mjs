import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{S as a}from"./chunk-67BOQ2VO.mjs";import"./chunk-7KU5C7DC.mjs";import"./chunk-KWSNDJJD.mjs";import"./chunk-PZJ3CMFT.mjs";import"./chunk-XOSY6F43.mjs";import"./chunk-3BQZBQOP.mjs";import"./chunk-7NOCCQUO.mjs";import"./chunk-LQTQPWY5.mjs";export{a as createClient};
