import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{g as a,h as b,i as c}from"./chunk-Y4JAL6G6.mjs";import"./chunk-TYZF7M2A.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-2XPFJPVL.mjs";import"./chunk-PDQV4PLA.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
