import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{d as a,e as b}from"./chunk-6XTDFUHL.mjs";import"./chunk-OPMZN676.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-DJYDNG6Y.mjs";import"./chunk-U4ETAHUC.mjs";import"./chunk-PDQV4PLA.mjs";export{a as lockDataDirectory,b as readServerRecord};
