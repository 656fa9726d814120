import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{l as a,m as b,n as c}from"./chunk-ZOCLZQ2D.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-WKHCWJVA.mjs";import"./chunk-PDQV4PLA.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
