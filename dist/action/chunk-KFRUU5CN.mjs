import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
import{g as a,h as b,i as c}from"./chunk-CP7YRKC5.mjs";import"./chunk-KZJGJP6Q.mjs";import"./chunk-MC3SUQH3.mjs";import"./chunk-XLBYASLS.mjs";import"./chunk-PDQV4PLA.mjs";export{a as Ec2Settings,b as parseEc2Settings,c as splitByRegion};
