import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{d as a,e as b}from"./chunk-ZEJSQUE5.mjs";import"./chunk-6V5ZP6WF.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-GNGGWPJM.mjs";import"./chunk-263LXBK3.mjs";import"./chunk-PDQV4PLA.mjs";export{a as lockDataDirectory,b as readServerRecord};
