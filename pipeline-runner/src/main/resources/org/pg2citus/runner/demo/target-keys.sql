ALTER TABLE companies ADD FOREIGN KEY (country) REFERENCES countries;
ALTER TABLE campaigns ADD FOREIGN KEY (company_id) REFERENCES companies;
ALTER TABLE ads ADD FOREIGN KEY (company_id) REFERENCES companies;
ALTER TABLE ads ADD FOREIGN KEY (company_id, campaign_id) REFERENCES campaigns (company_id, id);
ALTER TABLE accounts ADD FOREIGN KEY (company_id) REFERENCES companies;
ALTER TABLE coupons ADD FOREIGN KEY (company_id) REFERENCES companies;
