import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{d as a,e as b}from"./chunk-6SRON4YA.mjs";import"./chunk-TEN3YYZF.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-X4TUL22A.mjs";import"./chunk-UGTEQHHO.mjs";import"./chunk-PDQV4PLA.mjs";export{a as lockDataDirectory,b as readServerRecord};
