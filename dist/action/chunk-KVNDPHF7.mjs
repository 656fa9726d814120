import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);
import{a,b}from"./chunk-ZCO46A62.mjs";import"./chunk-O56KSWDZ.mjs";import"./chunk-CNBACAKL.mjs";import"./chunk-LQTQPWY5.mjs";export{a as createLocalTokenSource,b as mintLocalToken};
