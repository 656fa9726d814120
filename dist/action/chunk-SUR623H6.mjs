import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{a,b}from"./chunk-TP5LSZ2M.mjs";import"./chunk-WYW2MB7X.mjs";import"./chunk-UPFNEDIV.mjs";import"./chunk-LQTQPWY5.mjs";export{a as createLocalTokenSource,b as mintLocalToken};
