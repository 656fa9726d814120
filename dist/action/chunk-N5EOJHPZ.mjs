import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{d as a,e as b}from"./chunk-Y5UYUAKU.mjs";import"./chunk-IMYYX7NN.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-RUJKYUNK.mjs";import"./chunk-7PKWPRMG.mjs";import"./chunk-PDQV4PLA.mjs";export{a as lockDataDirectory,b as readServerRecord};
