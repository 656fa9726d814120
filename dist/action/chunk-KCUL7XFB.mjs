import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{g as a,h as b,i as c}from"./chunk-TTUTIFR7.mjs";import"./chunk-6TL6ITFJ.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-OQQ5O7GN.mjs";import"./chunk-PDQV4PLA.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
