import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{d as a,e as b}from"./chunk-VDAREZAT.mjs";import"./chunk-P6ZWPKYZ.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-LDNF5BZ4.mjs";import"./chunk-MXP6O5M4.mjs";import"./chunk-PDQV4PLA.mjs";export{a as lockDataDirectory,b as readServerRecord};
