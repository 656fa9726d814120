import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{d as a,e as b}from"./chunk-BINP6ZQA.mjs";import"./chunk-RRZ7Q7TI.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-5YDWBF5Z.mjs";import"./chunk-EOQRQV2Q.mjs";import"./chunk-PDQV4PLA.mjs";export{a as lockDataDirectory,b as readServerRecord};
