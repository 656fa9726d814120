import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{d as a,e as b}from"./chunk-6XPBYKLE.mjs";import"./chunk-VEOXCNMQ.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-PDHGJXSY.mjs";import"./chunk-QLQPK4M4.mjs";import"./chunk-PDQV4PLA.mjs";export{a as lockDataDirectory,b as readServerRecord};
